# A Rails application in one file, in development: it answers to its own names only, and takes a form whose Origin is
# its own URL. puma config.ru
ENV["RAILS_ENV"] = "development"

require "action_controller/railtie"

class Application < Rails::Application
  config.root = __dir__
  config.load_defaults 6.1
  config.eager_load = false
  config.secret_key_base = "of a test, of a test, of a test, of a test"
  config.logger = Logger.new(IO::NULL)
  routes.append do
    get "/form" => "forms#show"
    post "/form" => "forms#create"
  end
end

class FormsController < ActionController::Base
  protect_from_forgery with: :exception

  rescue_from ActionController::InvalidAuthenticityToken do
    render plain: "not from #{request.base_url}", status: :forbidden
  end

  def show
    render inline: "<%= form_with(url: '/form', local: true) { 'at ' + request.base_url } %>"
  end

  def create
    redirect_to "/thanks?for=#{params[:word]}"
  end
end

Application.initialize!
run Application
